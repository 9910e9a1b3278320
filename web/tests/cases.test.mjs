// A cut arrives, somebody takes it, finds out, sends a unit and says what was behind it; and a shift is handed over.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage, SECOND_USER } from './browser.mjs';
import { cutRope } from './trigger.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const DESK = { viewport: { width: 1440, height: 900 } };
const skip = !process.env.PLOMB_TRIGGER;

/** Opens a step's form, fills it in, and sends it. */
async function take(page, button, fields = {}) {
  await page
    .getByRole('region', { name: 'What may be done now' })
    .getByRole('button', { name: button, exact: true })
    .click();
  const dialog = page.getByRole('dialog');
  for (const [label, value] of Object.entries(fields)) {
    const field = dialog.getByLabel(label, { exact: false }).first();
    if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

test('a cut is handled to its outcome', { skip }, async () => {
  const { page, context, complaints } = await openPage(browser, DESK);
  await logIn(page, '/cases');
  await page.getByRole('heading', { name: 'Cases', level: 1 }).waitFor();
  const { device } = await cutRope('jointech:8041300901');
  await page
    .getByRole('row')
    .filter({ hasText: device })
    .getByRole('link', { name: /Seal cut/ })
    .click();
  await page.getByRole('region', { name: 'Alarms' }).getByText('Dispatch the response unit').waitFor();
  assert.equal(
    await page.getByRole('button', { name: 'Shelve', exact: true }).count(),
    0,
    'a critical case cannot be shelved',
  );

  await take(page, 'Acknowledge');
  const standing = page.getByRole('heading', { level: 1 }).locator('..');
  await standing.getByText('Acknowledged').waitFor();
  await take(page, 'Assess', { 'What was done': 'called-driver', Note: 'does not answer' });
  await take(page, 'Send a unit', { Unit: 'Patrol 4' });
  await take(page, 'Unit is there');
  await page
    .getByRole('region', { name: 'What may be done now' })
    .getByRole('button', { name: 'Resolve' })
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Resolve' }).click();
  await dialog.getByText('Fill in: What was behind it, Note').waitFor();
  await dialog.getByLabel('What was behind it').selectOption('excused');
  await dialog.getByLabel('Note').fill('bridge closed, police had it opened');
  await dialog.getByRole('button', { name: 'Resolve' }).click();
  await dialog.getByText('evidence', { exact: false }).getByText('missing', { exact: false }).waitFor();
  await dialog.getByLabel('Evidence').fill('police report 12/26');
  await dialog.getByRole('button', { name: 'Resolve' }).click();
  await standing.getByText('Excused, with evidence').waitFor();
  const history = page.getByRole('region', { name: 'What was done' }).getByRole('listitem');
  assert.deepEqual(await history.locator('strong').allInnerTexts(), [
    'Resolved',
    'Unit on scene',
    'Unit sent',
    'Assessed',
    'Acknowledged',
  ]);

  await page.goto(new URL('/cases/figures', page.url()).href);
  const all = page.getByRole('region', { name: 'Figures', exact: true });
  await all.getByText('Excused, with evidence').waitFor();
  await page.getByRole('region', { name: 'By kind of alarm' }).getByText('Seal cut').waitFor();
  assert.deepEqual(
    complaints.filter((text) => !text.includes('422')),
    [],
  );
  await context.close();
});

test('a shift is handed over', { skip: skip || !SECOND_USER }, async () => {
  const { page, context, complaints } = await openPage(browser, DESK);
  await logIn(page, '/cases');
  const { device } = await cutRope('jointech:8041300902');
  const row = page.getByRole('row').filter({ hasText: device });
  await row.getByRole('link', { name: /Seal cut/ }).click();
  await take(page, 'Acknowledge');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Cases' }).click();
  await page.getByLabel('Assigned to').selectOption({ label: 'Me' });
  await row.waitFor();
  await page.getByRole('button', { name: 'Hand over my cases' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('To (account name)').fill(SECOND_USER);
  await dialog.getByLabel('Note').fill('driver was called');
  await dialog.getByRole('button', { name: 'Hand over my cases' }).click();
  await page.getByText('No case matches').waitFor();
  await page.getByLabel('Assigned to').selectOption({ label: 'Anybody' });
  await row.getByText(SECOND_USER).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
