// Every screen, in both themes and at phone width, without a violation of WCAG 2.2 A or AA that axe can find.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const SETTLE_MS = 1_500;
let browser;
let axe;
before(async () => {
  browser = await launch();
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
});
after(() => browser?.close());

async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async (tags) => {
    const { violations } = await globalThis.axe.run(document, { runOnly: tags });
    return violations.map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`,
    );
  }, TAGS);
}

for (const [look, options] of [
  ['dark', { colorScheme: 'dark', viewport: { width: 1440, height: 860 } }],
  ['light', { colorScheme: 'light', viewport: { width: 1440, height: 860 } }],
  ['phone', { colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
]) {
  test(`screens are accessible, ${look}`, async (t) => {
    // The check itself is put into the page by evaluation, which a strict CSP would stop.
    const { page, context } = await openPage(browser, { ...options, bypassCSP: true });
    const check = async (name, path) => {
      if (path) {
        await page.evaluate((to) => history.pushState(null, '', to), path);
        await page.reload();
        await page.waitForTimeout(SETTLE_MS);
      }
      await t.test(name, async () => {
        assert.deepEqual(await violations(page), []);
        const [width, wanted] = await page.evaluate(() => [
          document.documentElement.clientWidth,
          document.documentElement.scrollWidth,
        ]);
        assert.ok(wanted <= width, `it is ${wanted} px wide on a screen of ${width} px`);
      });
    };
    await page.goto(`${process.env.PLOMB_URL ?? 'http://127.0.0.1:8080'}/login`);
    await page.getByLabel('Name').waitFor();
    await check('log-in');
    await logIn(page);
    await page.waitForTimeout(SETTLE_MS);
    await check('control room');
    const { alarm, device, event } = await page.evaluate(async () => {
      const alarms = await (await fetch('/api/v1/alarms?state=all&limit=50')).json();
      const devices = await (await fetch('/api/v1/devices?limit=1')).json();
      const found = alarms.items.find(({ causes }) => causes.length > 0);
      const id = found?.device ?? devices.items[0]?.id;
      const history = await (await fetch(`/api/v1/devices/${id}/history?limit=1`)).json();
      return { alarm: found?.id, device: id, event: found?.causes[0] ?? history.items[0]?.id };
    });
    // Commands to look at: one that waits for somebody, and one on its way.
    const lock = await page.evaluate(async () => {
      const { items } = await (await fetch('/api/v1/devices?limit=200')).json();
      const id = items.find(({ protocol }) => protocol === 'gt06')?.id;
      for (const kind of id ? ['unlock', 'locate'] : []) {
        await fetch(`/api/v1/devices/${id}/commands`, {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            'X-Plomb-Request': '1',
            'Idempotency-Key': crypto.randomUUID(),
          },
          body: JSON.stringify({ kind }),
        });
      }
      return id;
    });
    if (alarm) await check('an alarm on the map', `/?alarm=${alarm}`);
    await check('a device on the map', `/?device=${device}`);
    await check('alarms', '/alarms?state=all');
    if (alarm) await check('an alarm in the list', `/alarms?state=all&alarm=${alarm}`);
    await check('devices', '/devices');
    await check('check a seal', '/tap?text=PLMB417301');
    const movement = await page.evaluate(async (lrn) => {
      const headers = { 'Content-Type': 'application/json', 'X-Plomb-Request': '1' };
      const body = JSON.stringify({ lrn, policy: 'eu', unit: [{ number: 'CSQU3054383' }] });
      return (await fetch('/api/v1/movements', { method: 'POST', headers, body })).json();
    }, `ACCESSIBLE-${look}`);
    await check('movements', '/movements?state=all');
    await check('a movement', `/movements/${movement.id}`);
    await check('rules', '/rules');
    await check('account', '/account');
    await check('scorecards', '/registry?tab=scorecards');
    await check('a trip report', `/movements/${movement.id}/report`);
    const kase = await page.evaluate(async () => {
      const { items } = await (await fetch('/api/v1/cases?state=all&limit=1')).json();
      return items[0]?.id;
    });
    await check('cases', '/cases?state=all');
    if (kase) await check('a case', `/cases/${kase}`);
    await check('figures of cases', '/cases/figures');
    await check('what to inspect', '/inspect');
    await check('places', '/places');
    await check('the register', '/registry');
    await check('quarantine', '/registry?tab=quarantine');
    await check('models', '/registry?tab=models');
    await check('commands', '/commands?state=all');
    await check('a device', `/devices/${device}?span=all`);
    if (lock) await check('a device with commands', `/devices/${lock}`);
    await check('a report', `/events/${event}`);
    await check('no such page', '/nowhere');
    await context.close();
  });
}
