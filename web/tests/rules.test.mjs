// A threshold is tried on what was recorded, proposed, and put in force by a second person.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage, SECOND_USER } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const DESK = { viewport: { width: 1440, height: 900 } };

test('a change of the rules takes two persons', { skip: !SECOND_USER }, async () => {
  const first = await openPage(browser, DESK);
  await logIn(first.page, '/rules');
  const { page } = first;
  await page.getByRole('region', { name: 'Settings' }).getByLabel('storm_devices').fill('11');
  await page.getByRole('button', { name: 'Try it on what was recorded' }).click();
  await page.getByText(/entries of the journal/).waitFor();
  await page.getByLabel('Why').fill('fewer gateways');
  await page.getByRole('button', { name: 'Propose the change' }).click();
  const changes = page.getByRole('region', { name: 'Changes' });
  await changes.getByText('storm_devices = 11').waitFor();
  await changes.getByText('Waits for a second person').waitFor();
  assert.equal(
    await changes.getByRole('button', { name: 'Put in force' }).count(),
    0,
    'not by who proposed it',
  );

  const second = await openPage(browser, DESK);
  await logIn(second.page, '/rules', SECOND_USER);
  await second.page.getByRole('button', { name: 'Put in force' }).click();
  await second.page.getByRole('region', { name: 'Changes' }).getByText('In force').waitFor();
  await second.page.getByRole('region', { name: 'Settings' }).getByText('11', { exact: true }).waitFor();
  assert.deepEqual([...first.complaints, ...second.complaints], []);
  await first.context.close();
  await second.context.close();
});
