// Pictures of every screen, dark, light and at phone width, into web/.screens/, to be looked at.
//   PLOMB_URL=http://127.0.0.1:8080 node mock/screens.mjs [part of a name]
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launch, logIn, openPage, URL_BASE } from '../tests/browser.mjs';

const OUT = fileURLToPath(new URL('../.screens/', import.meta.url));
const LOOKS = {
  dark: { colorScheme: 'dark', viewport: { width: 1440, height: 860 } },
  light: { colorScheme: 'light', viewport: { width: 1440, height: 860 } },
  phone: { colorScheme: 'dark', viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true },
};
const SETTLE_MS = 2_500;
const wanted = process.argv[2] ?? '';

await mkdir(OUT, { recursive: true });
const browser = await launch();
for (const [look, options] of Object.entries(LOOKS)) {
  const { page, context, complaints } = await openPage(browser, options);
  const shoot = async (name, path, act = async () => {}) => {
    if (!`${name}-${look}`.includes(wanted)) return;
    await page.goto(URL_BASE + path);
    await page.waitForTimeout(SETTLE_MS);
    await act();
    await page.screenshot({ path: `${OUT}${name}-${look}.png` });
  };
  await shoot('login', '/login', () => page.getByRole('button', { name: 'Log in' }).click());
  await logIn(page);
  const { alarm, device } = await page.evaluate(async () => {
    const { items } = await (await fetch('/api/v1/alarms?limit=1')).json();
    return { alarm: items[0], device: items[0].device };
  });
  await shoot('room', '/');
  await shoot('room-alarm', `/?alarm=${alarm.id}`);
  await shoot('room-device', `/?device=${device}`);
  await shoot('room-acknowledge', `/?alarm=${alarm.id}`, () => page.keyboard.press('a'));
  await shoot('device', `/devices/${device}?span=7d`);
  await shoot('device-below', `/devices/${device}?span=7d`, async () => {
    await page.getByRole('heading', { name: 'Measurements' }).scrollIntoViewIfNeeded();
    await page.mouse.wheel(0, 700);
    await page.waitForTimeout(800);
  });
  await shoot('event', `/events/${alarm.causes[0]}`);
  await shoot('alarms', '/alarms');
  await shoot('alarms-detail', `/alarms?alarm=${alarm.id}`);
  await shoot('devices', '/devices');
  await shoot('missing', '/devices/imei:000000000000000');
  if (complaints.length > 0) console.log(look, complaints);
  await context.close();
}
await browser.close();
