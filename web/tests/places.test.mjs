// A route is drawn on the map, changed and removed; a file is looked at before it is taken.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const DESK = { viewport: { width: 1440, height: 900 } };

test('a route is drawn by clicks, widened, and removed', async () => {
  const { page, context, complaints } = await openPage(browser, DESK);
  await logIn(page, '/places');
  await page.getByRole('button', { name: 'Draw a place' }).click();
  const form = page.getByRole('form', { name: 'Draw a place' });
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Give it an identifier.').waitFor();
  await form.getByLabel('Identifier').fill('test-road');
  await form.getByLabel('Name', { exact: true }).fill('Test road');
  const map = page.getByRole('region', { name: 'Map of places and routes' }).last();
  await page.waitForTimeout(1_500);
  for (const position of [
    { x: 220, y: 200 },
    { x: 420, y: 300 },
    { x: 520, y: 260 },
  ])
    await map.click({ position });
  const points = form.getByLabel('Points');
  assert.equal((await points.inputValue()).split('\n').length, 3);
  await form.getByRole('button', { name: 'Take the last point back' }).click();
  assert.equal((await points.inputValue()).split('\n').length, 2);
  await points.fill(`${await points.inputValue()}\nnowhere`);
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Line 3 is no latitude and longitude.').waitFor();
  await form.getByRole('button', { name: 'Take the last point back' }).click();
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByText('2,000 m wide, 2 points').waitFor();

  await page.getByRole('button', { name: 'Change Test road' }).click();
  await page.getByLabel('Width').fill('5000');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('5,000 m wide, 2 points').waitFor();

  await page.getByRole('button', { name: 'Remove Test road' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('link', { name: 'Test road' }).waitFor({ state: 'detached' });
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a file of places is looked at first, and what is wrong in it is named', async () => {
  const { page, context } = await openPage(browser, DESK);
  await logIn(page, '/places');
  const yard = (id, kind) => ({
    type: 'Feature',
    id,
    properties: { kind, radius_m: 300 },
    geometry: { type: 'Point', coordinates: [34.3, 0.63] },
  });
  const features = [yard('test-yard', 'stop'), yard('test-palace', 'palace')];
  await page.getByRole('button', { name: 'Import GeoJSON' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import GeoJSON' });
  await dialog.getByLabel('File with a FeatureCollection').setInputFiles({
    name: 'places.geojson',
    mimeType: 'application/geo+json',
    buffer: Buffer.from(JSON.stringify({ type: 'FeatureCollection', features })),
  });
  await dialog.getByText('Feature 2, properties.kind: it must be one of').waitFor();
  await dialog.getByRole('button', { name: 'Take 1 place' }).click();
  await page.getByRole('cell', { name: 'circle, 300 m' }).waitFor();
  await context.close();
});
