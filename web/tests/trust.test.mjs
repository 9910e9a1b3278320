// How far a device can be believed, in words that a person understands; and a reading that is due and does not come.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';

const DUE_MS = 2_000;
const MISSED_WITHIN_MS = 10_000;
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test('a device page and an event page say what stands behind the words of a device', async () => {
  const { page, context, complaints } = await openPage(browser);
  await logIn(page);
  const { id, event } = await page.evaluate(async () => {
    const devices = await (await fetch('/api/v1/devices?protocol=jointech&limit=1')).json();
    const id = devices.items[0].id;
    const history = await (await fetch(`/api/v1/devices/${id}/history?order=desc&limit=1`)).json();
    return { id, event: history.items[0].id };
  });
  for (const path of [`/devices/${id}`, `/events/${event}`]) {
    await page.evaluate((to) => history.pushState(null, '', to), path);
    await page.reload();
    const trust = page.getByRole('list', { name: 'Trust' }).first();
    await trust.getByText('Claimed only: anyone could send this').waitFor();
  }
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a seal that is not read where it should be is told on its page', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: { width: 360, height: 740 } });
  await logIn(page);
  const { id, status } = await page.evaluate(async (due_ms) => {
    const devices = await (await fetch('/api/v1/devices?protocol=jointech&limit=2')).json();
    const id = devices.items.at(-1).id;
    const answer = await fetch(`/api/v1/devices/${id}/expectations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-plomb-request': '1' },
      body: JSON.stringify({ gate: 'reader:border', by: new Date(Date.now() + due_ms).toISOString() }),
    });
    return { id, status: answer.status };
  }, DUE_MS);
  assert.equal(status, 201);
  await page.evaluate((to) => history.pushState(null, '', to), `/devices/${id}`);
  await page.reload();
  const alarms = page.getByRole('region', { name: 'Open alarms' });
  await alarms.getByText('Expected read missed').first().waitFor({ timeout: MISSED_WITHIN_MS });
  await page.reload();
  await page.getByText('Not read at').waitFor();
  await page.getByText('reader:border').first().waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
