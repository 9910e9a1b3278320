// A trip report is looked at, downloaded, and checked by a program that knows nothing of the server.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const UNIT = 'CSQU3054383';

test('a trip report is downloaded and verified', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
  await logIn(page, '/movements');
  const base = new URL(page.url()).origin;
  const made = await page.request.post(`${base}/api/v1/movements`, {
    headers: { 'X-Plomb-Request': '1' },
    data: {
      lrn: 'REPORT-1',
      holder: { name: 'Report Forwarders' },
      unit: [{ number: UNIT }],
      limit: '2030-01-01T00:00:00Z',
    },
  });
  assert.equal(made.status(), 201, await made.text());
  const { id } = await made.json();
  await page.goto(`${base}/movements/${id}`);
  await page.getByRole('link', { name: 'Trip report' }).click();
  await page.getByRole('heading', { name: /Trip report/, level: 1 }).waitFor();
  await page.getByRole('region', { name: 'Declaration' }).getByText('Report Forwarders').waitFor();
  await page
    .getByRole('region', { name: 'What was done' })
    .getByRole('row', { name: /Declared/ })
    .waitFor();
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download with proof' }).click();
  const file = await (await downloading).path();
  const keys = (await (await page.request.get(`${base}/log/keys`)).text()).trim();
  const said = execFileSync(process.env.PLOMB_BINARY, ['verify', file, '--key', keys], { encoding: 'utf8' });
  assert.match(said, /1 proved to be in the log[^]*Everything holds/);
  assert.deepEqual(complaints, []);
  await context.close();
});
