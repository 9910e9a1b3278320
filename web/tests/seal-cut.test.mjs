// The journey that the product exists for: a rope is cut, and an operator sees it, opens it and follows it
// back to the bytes. Roles and labels only.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, openPage } from './browser.mjs';
import { cutRope } from './trigger.mjs';

const SHOWN_WITHIN_MS = 2_000;
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test(
  'a cut seal is seen, opened and followed back to its bytes',
  { skip: !process.env.PLOMB_TRIGGER },
  async () => {
    const { page, context, complaints } = await openPage(browser, { viewport: { width: 1440, height: 860 } });
    await logIn(page);

    await page.getByRole('region', { name: 'Map of the devices' }).waitFor();
    const list = page.getByRole('region', { name: /^Alarms/ });
    await list.waitFor();
    await page.getByText('Live', { exact: true }).waitFor();

    const { device, sent_at } = await cutRope();
    const left_ms = () => Math.max(1, SHOWN_WITHIN_MS - (Date.now() - sent_at));
    const entry = list.getByRole('link').filter({ hasText: 'Seal cut' }).filter({ hasText: device }).first();
    await entry.waitFor({ timeout: left_ms() });
    const in_list_ms = Date.now() - sent_at;
    const critical = page.getByRole('list', { name: 'Critical devices' });
    await critical.getByText(device, { exact: true }).waitFor({ state: 'attached', timeout: left_ms() });
    const on_map_ms = Date.now() - sent_at;
    console.log(`in the list ${in_list_ms} ms and on the map ${on_map_ms} ms after the bytes were sent`);
    assert.ok(on_map_ms <= SHOWN_WITHIN_MS);

    await entry.click();
    const sheet = page.getByRole('complementary', { name: 'Seal cut' });
    await sheet.getByRole('heading', { name: 'What to do' }).waitFor();
    await sheet
      .getByRole('link', { name: /^Report / })
      .first()
      .click();

    await page.getByRole('heading', { name: /^Report /, level: 1 }).waitFor();
    const hex = page.getByRole('region', { name: 'Bytes in hexadecimal' });
    assert.match(await hex.innerText(), /\b[0-9A-F]{2}\s+[0-9A-F]{2}\b/);
    const message = page.getByRole('region', { name: 'Message' });
    assert.ok((await message.getByRole('button').count()) > 3, 'the message has fields');
    await page
      .getByRole('region', { name: 'Event', exact: true })
      .getByText(/\bcut\b/i)
      .first()
      .waitFor();
    await page.getByRole('region', { name: 'Alarms' }).getByRole('link', { name: 'Seal cut' }).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  },
);
