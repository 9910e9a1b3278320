// What to inspect: a movement stands in its lane with what speaks against it, and the lane can be chosen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test('a guarantee below the duty speaks against a movement', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
  await logIn(page, '/movements');
  const ask = async (path, data) => {
    const url = new URL(`/api/v1${path}`, page.url()).href;
    const answer = await page.request.post(url, { headers: { 'X-Plomb-Request': '1' }, data });
    assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
    return answer.json();
  };
  const { id } = await ask('/movements', {
    lrn: 'LRN-INSPECT',
    policy: 'in',
    holder: { name: 'Mombasa Freight' },
    carrier: { name: 'Carrier A' },
    goods: [{ hs: '1701' }],
    duty: '12000 USD',
    guarantee: 'G-1',
    guaranteed: '9000 USD',
    unit: [{ number: 'CSQU3054383' }],
    departure: 'INNSA',
    destination: 'KEMBA',
    limit: '2030-01-01T12:00:00Z',
  });
  await ask(`/movements/${id}/steps/submit`, {});
  await ask(`/movements/${id}/steps/accept`, { mrn: '26IN-INSPECT' });

  await page.getByRole('link', { name: 'Inspect', exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: 'LRN-INSPECT' });
  await row.getByText('Guarantee below the duty').waitFor();
  await row.getByText('Green').waitFor();
  await row.getByText('10 in 100').waitFor();
  await page.getByLabel('Lane').selectOption('red');
  await row.waitFor({ state: 'detached' });
  assert.ok(page.url().endsWith('/inspect?lane=red'), page.url());
  assert.deepEqual(complaints, []);
  await context.close();
});
