// One's own account: a key is made, used by a program, and taken back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test('a key is made, used and taken back', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  await logIn(page, '/');
  await page.getByRole('link', { name: /^Account/ }).click();
  const keys = page.getByRole('region', { name: 'Keys for programs' });
  await keys.getByText('You have made no key.').waitFor();
  await keys.getByLabel('What it is for').fill('EPCIS of the port');
  await keys.getByLabel('Capture EPCIS events').check();
  await keys.getByRole('button', { name: 'Make a key' }).click();
  await keys.getByText('The key: EPCIS of the port').waitFor();
  const token = await keys.locator('.token').textContent();
  const ask = (path) =>
    fetch(new URL(path, page.url()), { headers: { Authorization: `Bearer ${token}` } }).then((a) => a.status);
  assert.equal(await ask('/epcis/v2/events'), 200);
  assert.equal(await ask('/api/v1/risk/queue'), 403, 'a right that it was not given');
  await keys.getByRole('button', { name: 'Take back the key EPCIS of the port' }).click();
  await keys.getByText('You have made no key.').waitFor();
  assert.equal(await ask('/epcis/v2/events'), 401);
  await page.getByLabel('New password').fill('a long enough one');
  await page.getByLabel('The same again').fill('another');
  await page.getByText('The two are not the same.').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Change the password' }).isDisabled());
  assert.deepEqual(complaints, []);
  await context.close();
});
