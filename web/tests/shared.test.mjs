// A driver opens the link that he was sent, on his phone and without an account, and reports a breakdown.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test('a driver reports a breakdown by his link', async () => {
  const desk = await openPage(browser, { viewport: { width: 1440, height: 900 } });
  await logIn(desk.page, '/movements');
  const base = new URL(desk.page.url()).origin;
  const headers = { 'X-Plomb-Request': '1' };
  const post = async (path, data) => {
    const answer = await desk.page.request.post(`${base}/api/v1${path}`, { headers, data });
    assert.ok(answer.ok(), await answer.text());
    return answer.json();
  };
  const { id } = await post('/movements', {
    lrn: 'SHARED-1',
    policy: 'in',
    holder: { name: 'Not to be seen' },
    carrier: { name: 'C' },
    goods: [{ hs: '1701' }],
    unit: [{ number: 'CSQU3054383' }],
    departure: 'KEMBA',
    destination: 'UGKLA',
    limit: '2030-01-01T00:00:00Z',
  });
  for (const [step, fields] of [
    ['submit', {}],
    ['accept', {}],
    ['book', { class: 'passive' }],
    ['apply-seal', { unit: 'CSQU3054383', number: 'ML-1' }],
    ['depart', {}],
  ])
    await post(`/movements/${id}/steps/${step}`, fields);
  await desk.page.goto(`${base}/movements/${id}`);
  await desk.page.getByRole('button', { name: 'Share', exact: true }).click();
  const dialog = desk.page.getByRole('dialog');
  await dialog.getByRole('combobox').selectOption('driver');
  await dialog.getByRole('button', { name: 'Make a link' }).click();
  const link = await desk.page.getByRole('dialog').getByRole('link').getAttribute('href');

  const phone = await openPage(browser, { viewport: { width: 390, height: 844 } });
  await phone.page.goto(link);
  await phone.page.getByRole('heading', { name: /SHARED-1/ }).waitFor();
  await phone.page.getByText('Seals whole').waitFor();
  assert.equal(await phone.page.getByText('Not to be seen').count(), 0);
  await phone.page.getByRole('button', { name: 'Report a breakdown or incident' }).click();
  const form = phone.page.getByRole('dialog');
  await form.getByLabel('What happened').selectOption('3');
  await form.getByLabel('In your words').fill('tyre, waiting for help');
  await form.getByRole('button', { name: 'Report', exact: true }).click();
  await phone.page.getByText('It is on record').waitFor();
  await phone.page.getByRole('region', { name: 'Incidents' }).getByText('tyre, waiting for help').waitFor();
  await phone.page.goto(`${link}0`);
  await phone.page.getByText('it was mistyped, has ended, or was taken back').waitFor();
  assert.deepEqual(
    phone.complaints.filter((text) => !text.includes('404')),
    [],
  );

  await desk.page.goto(`${base}/movements/${id}`);
  await desk.page.getByRole('region', { name: 'What was done' }).getByText('link:1').waitFor();
  assert.deepEqual(desk.complaints, []);
  await desk.context.close();
  await phone.context.close();
});
