// The browser that the tests drive, and how they log in. Settings come from the environment.
import { chromium } from 'playwright-core';

export const URL_BASE = process.env.PLOMB_URL ?? 'http://127.0.0.1:8080';
const USER = process.env.PLOMB_USER ?? 'operator';
/** Another person with the same password, for what takes two; null where there is none. */
export const SECOND_USER = process.env.PLOMB_SECOND_USER ?? null;
/** Who keeps the register, with the same password; null where there is nobody. */
export const KEEPER = process.env.PLOMB_KEEPER ?? null;
const PASSWORD = process.env.PLOMB_PASSWORD ?? 'seal the load';

/** Links of taps on a seal that is whole and on one that was opened. */
export const TAPS = (process.env.PLOMB_TAPS ?? '').split('\n').filter((link) => link !== '');

export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.PLOMB_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--enable-unsafe-swiftshader',
      ...more,
    ],
  });
}

/** A page with its own cookies; what the page complains of is collected in `complaints`. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ colorScheme: 'dark', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // The answer 401 to "who am I" before the log-in is no fault.
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
  });
  return { context, page, complaints };
}

export async function logIn(page, path = '/', user = USER) {
  await page.goto(URL_BASE + path);
  await page.getByLabel('Name').fill(user);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}
