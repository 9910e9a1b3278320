import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateXML } from 'xmllint-wasm';
import { expect, test } from 'vitest';

/** The drafts of NCTS messages that the server writes, against the schemas of NCTS, by libxml2. */
const folder = join(import.meta.dirname, '../../vectors/ncts');
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const included = ['ctypes', 'htypes', 'stypes', 'tcl', 'ermis-types', 'doc'];
const preload = included.map((name) => ({
  fileName: `${name}.xsd`,
  contents: read(`xsd/${name}.xsd`),
}));

async function faults(file: string, contents: string): Promise<string[]> {
  const schema = file.slice(0, 6);
  const done = await validateXML({
    xml: [{ fileName: file, contents }],
    schema: [{ fileName: `${schema}.xsd`, contents: read(`xsd/${schema}.xsd`) }],
    preload,
    maxMemoryPages: 4096,
  });
  return done.errors.map((error) => error.rawMessage);
}

const drafts = readdirSync(join(folder, 'drafts'));

test('every message has a draft', () => {
  expect(drafts.map((file) => file.slice(0, 6))).toEqual(
    expect.arrayContaining(['cc007c', 'cc044c', 'cc182c']),
  );
});

test.each(drafts)(
  '%s is valid',
  async (file) => {
    expect(await faults(file, read(`drafts/${file}`))).toEqual([]);
  },
  60_000,
);

test('the schemas refuse what is wrong', async () => {
  const broken = read('drafts/cc182c.xml').replace('<code>2</code>', '<code>none</code>');
  expect(await faults('cc182c.xml', broken)).not.toEqual([]);
}, 60_000);
