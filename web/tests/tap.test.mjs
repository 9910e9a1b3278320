// An officer with a telephone: a seal is tapped, scanned, photographed and typed.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import encodeQR from 'qr';
import { launch, logIn, openPage, TAPS, URL_BASE } from './browser.mjs';

const PHONE = { viewport: { width: 390, height: 780 } };
const MARK = 'PLMB417301';
let browser;
let directory;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plomb-tap-'));
  const video = join(directory, 'camera.y4m');
  await writeFile(video, camera(MARK));
  browser = await launch([
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${video}`,
  ]);
});
after(async () => {
  await browser?.close();
  await rm(directory, { recursive: true, force: true });
});

/** A camera that sees a QR code: YUV4MPEG2, 640 by 480, in grey. */
function camera(text) {
  const [width, height, module] = [640, 480, 10];
  const bits = encodeQR(text, 'raw', { border: 4 });
  const [left, top] = [(width - bits.length * module) / 2, (height - bits.length * module) / 2];
  const luma = Buffer.alloc(width * height, 235);
  for (let y = 0; y < bits.length * module; y++) {
    for (let x = 0; x < bits.length * module; x++) {
      if (bits[Math.floor(y / module)][Math.floor(x / module)])
        luma[(Math.floor(top) + y) * width + Math.floor(left) + x] = 16;
    }
  }
  const chroma = Buffer.alloc((width * height) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, chroma]);
  return Buffer.concat([
    Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`),
    frame,
    frame,
  ]);
}

const skip = TAPS.length === 0;

test('a tapped seal says at once whether it is whole', { skip }, async () => {
  const { page, context, complaints } = await openPage(browser, PHONE);
  const [whole, opened] = TAPS;
  // The link of the tap asks who one is, and then leads on.
  await logIn(page, new URL(whole).pathname + new URL(whole).search);
  const card = page.getByRole('article', { name: MARK });
  await card.getByRole('heading', { name: 'Whole' }).waitFor();
  await card.getByText('The seal proved it with its key').waitFor();
  await card.getByText('Post Malaba').waitFor();
  // A page that is opened again must not pass off the reading as one of now.
  await page.reload();
  await card.getByText('The seal was not read now').waitFor();

  await page.goto(opened);
  const broken = page.getByRole('article', { name: 'PLMB417302' });
  await broken.getByRole('heading', { name: 'Broken' }).waitFor();
  await broken.getByText('Seal cut').waitFor();
  await broken.getByRole('link', { name: 'Proof of this reading' }).click();
  await page.getByRole('heading', { name: /Report/ }).waitFor();

  const digit = whole.at(-1) === '0' ? '1' : '0';
  await page.goto(whole.slice(0, -1) + digit);
  await card.getByRole('heading', { name: 'Cannot be proven' }).waitFor();
  await card.getByText('it may be a forgery').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a seal is found by a typed number, a photograph and the camera', { skip }, async () => {
  const { page, context, complaints } = await openPage(browser, { ...PHONE, permissions: ['camera'] });
  await logIn(page, '/tap');
  const card = page.getByRole('article', { name: MARK });
  await page.getByLabel('Number on the seal').fill('CSQU3054384');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.getByText('the check digit is 4, these characters have 3').waitFor();
  await page.getByLabel('Number on the seal').fill('seal no. plmb-417301');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await card.waitFor();
  await page.getByLabel('Number on the seal').fill('nothing 4711');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.getByText('Nothing is known of').waitFor();

  const photo = (text) => ({
    name: 'code.gif',
    mimeType: 'image/gif',
    buffer: Buffer.from(encodeQR(text, 'gif', { scale: 8 })),
  });
  await page.getByLabel('Photograph a code').setInputFiles(photo(MARK));
  await card.waitFor();
  await page.goto(`${URL_BASE}/tap`);
  await page.getByRole('button', { name: 'Scan a code' }).click();
  await card.waitFor();
  await page.getByRole('button', { name: 'Scan a code' }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
