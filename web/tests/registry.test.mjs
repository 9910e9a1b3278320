// A device that nobody has registered is seen in quarantine, adopted with its model and holder, and handed over.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KEEPER, launch, logIn, openPage } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test('an unknown device is adopted from quarantine and handed over', { skip: !KEEPER }, async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: { width: 1440, height: 860 } });
  await logIn(page, '/registry?tab=models', KEEPER);
  await page.getByRole('button', { name: 'New model' }).click();
  const model = page.getByRole('dialog', { name: 'New model' });
  await model.getByRole('button', { name: 'Save' }).click();
  await model.getByText('Fill in what is marked').waitFor();
  await model.getByLabel('Name').fill('gt06-lock');
  await model.getByLabel('Protocols').fill('gt06, smoke');
  await model.getByRole('button', { name: 'Save' }).click();
  await model.getByText('it must be one of').waitFor();
  await model.getByLabel('Protocols').fill('gt06');
  await model.getByRole('button', { name: 'Save' }).click();
  await model.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'gt06-lock' }).waitFor();

  await page.getByRole('link', { name: 'Quarantine' }).click();
  const row = page.getByRole('row').filter({ hasText: 'imei:' }).first();
  const id = await row.getByRole('link', { name: /^imei:/ }).innerText();
  await row.getByRole('button', { name: 'Not ours' }).click();
  const refuse = page.getByRole('dialog', { name: `${id} is not ours` });
  await refuse.getByLabel('Why').fill('not on any list');
  await refuse.getByRole('button', { name: 'Not ours' }).click();
  await refuse.waitFor({ state: 'detached' });
  const refused = page.getByRole('row').filter({ hasText: id });
  await refused.getByText('not on any list').waitFor();
  await refused.getByRole('button', { name: 'Adopt' }).click();
  const adopt = page.getByRole('dialog', { name: `Adopt ${id}` });
  await adopt.getByLabel('Model').selectOption('gt06-lock');
  await adopt.getByLabel('Who holds it').fill('Post Malaba');
  await adopt.getByRole('button', { name: 'Adopt' }).click();
  await adopt.waitFor({ state: 'detached' });
  await refused.waitFor({ state: 'detached' });

  await page.getByRole('link', { name: 'Ours' }).click();
  await page.getByLabel('Search the register').fill(id);
  const ours = page.getByRole('row').filter({ hasText: id });
  await ours.getByText('Post Malaba').waitFor();
  await ours.getByRole('link', { name: id }).click();
  const panel = page.getByRole('region', { name: 'Register' });
  await panel.getByRole('button', { name: 'Hand over' }).click();
  const hand = page.getByRole('dialog', { name: `Hand over ${id}` });
  await hand.getByLabel('Who holds it now').fill('Carrier A');
  await hand.getByRole('button', { name: 'Hand over' }).click();
  await hand.waitFor({ state: 'detached' });
  const custody = panel.getByRole('list', { name: 'Custody' }).getByRole('listitem');
  await custody.first().getByText('Carrier A').waitFor();
  assert.equal(await custody.count(), 2);
  // The refusal of the unknown protocol is the one complaint that a browser makes of it.
  assert.deepEqual(
    complaints.filter((text) => !text.includes('422')),
    [],
  );
  await context.close();
});
