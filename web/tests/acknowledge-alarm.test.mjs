// An operator takes note of an alarm without touching the mouse.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';
import { cutRope } from './trigger.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test(
  'an alarm is acknowledged by keyboard, with a reason',
  { skip: !process.env.PLOMB_TRIGGER },
  async () => {
    const opened = await openPage(browser, { viewport: { width: 1440, height: 860 } });
    const { page, complaints } = opened;
    await logIn(page, '/?waiting=1');
    const list = page.getByRole('region', { name: /^Alarms/ });
    await page.getByText('Live', { exact: true }).waitFor();
    await cutRope();
    await list.getByRole('link').filter({ hasText: 'Seal cut' }).first().waitFor();

    await page.keyboard.press('j');
    const id = await page.evaluate(() => document.activeElement?.dataset.alarm);
    assert.ok(id, 'J goes to the first alarm of the list');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary').waitFor();
    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Acknowledge alarm' });
    await dialog.getByRole('button', { name: 'Acknowledge' }).click();
    await dialog.getByText('Choose a reason.').waitFor();
    await dialog.getByLabel('Reason').selectOption('called-driver');
    await dialog.getByLabel('Note').fill('Driver stopped at the weighbridge.');
    await dialog.getByRole('button', { name: 'Acknowledge' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('complementary').getByText('Driver stopped at the weighbridge.').waitFor();
    assert.equal(await page.evaluate((alarm) => document.querySelector(`[data-alarm="${alarm}"]`), id), null);
    assert.deepEqual(complaints, []);
    await opened.context.close();
  },
);
