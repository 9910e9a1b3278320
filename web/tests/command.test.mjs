// A lock is opened from afar: asked for by one person, authorised by another, done by the device, seen by both.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SECOND_USER, launch, logIn, openPage } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test('an unlocking takes two people and ends with the device’s word', { skip: !SECOND_USER }, async () => {
  const opened = await openPage(browser, { viewport: { width: 1440, height: 860 } });
  const { page, complaints } = opened;
  await logIn(page);
  const device = await page.evaluate(async () => {
    const { items } = await (await fetch('/api/v1/devices?limit=200')).json();
    return items.find(({ protocol, connected }) => protocol === 'gt06' && connected)?.id;
  });
  assert.ok(device, 'a simulated GT06 lock is connected');
  await page.evaluate((to) => history.pushState(null, '', to), `/devices/${device}`);
  await page.reload();
  const panel = page.getByRole('region', { name: 'Commands' });
  await panel.getByRole('button', { name: 'Send a command' }).click();
  const dialog = page.getByRole('dialog', { name: `Command to ${device}` });
  await dialog.getByLabel('What it is to do').selectOption('reporting-interval');
  await dialog.getByRole('button', { name: 'Send' }).click();
  await dialog.getByText('Fill in every field.').waitFor();
  await dialog.getByLabel('What it is to do').selectOption('unlock');
  await dialog.getByText('somebody else has authorised it').waitFor();
  await dialog.getByRole('button', { name: 'Ask for it' }).click();
  await dialog.waitFor({ state: 'detached' });
  const asked = panel.getByRole('listitem').filter({ hasText: 'Open the lock' }).first();
  await asked.getByText('Waits for its authorisation').waitFor();
  await asked.getByText('Somebody else must authorise it.').waitFor();
  assert.equal(await asked.getByRole('button', { name: 'Authorise' }).count(), 0);

  const second = await openPage(browser, { viewport: { width: 360, height: 740 } });
  await logIn(second.page, '/commands', SECOND_USER);
  const row = second.page.getByRole('row').filter({ hasText: device }).first();
  await row.getByRole('button', { name: 'Authorise' }).click();
  const decide = second.page.getByRole('dialog', { name: 'Authorise this command?' });
  await decide.getByText(device).waitFor();
  await decide.getByRole('button', { name: 'Authorise' }).click();
  await decide.waitFor({ state: 'detached' });

  // Both see it without asking again.
  await asked.getByText('Done', { exact: true }).waitFor();
  await row.getByText('Done', { exact: true }).waitFor();
  await asked.getByText(`authorised by ${SECOND_USER}`).waitFor();
  assert.deepEqual([...complaints, ...second.complaints], []);
  await second.context.close();
  await opened.context.close();
});
