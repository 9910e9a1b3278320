// A stand-in for the server while the page is developed: docs/api.md over a small seeded world.
//   node mock/server.mjs <base map.pmtiles> [port] [devices]
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { PMTiles } from 'pmtiles';
import { order, World } from './world.mjs';

const [map, port = '8080', count = '300'] = process.argv.slice(2);
if (!map) throw new Error('usage: node mock/server.mjs <base map.pmtiles> [port] [devices]');
const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; frame-ancestors 'none'";
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const ACCOUNTS = {
  operator: { password: 'seal the load', role: 'operator' },
  viewer: { password: 'only looking', role: 'viewer' },
};

const world = new World(Number(count));
const sessions = new Map();
const file = await open(map);
const tiles = new PMTiles({
  getKey: () => map,
  getBytes: async (offset, length) => {
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return { data: buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + length) };
  },
});
setInterval(() => world.tick(), 1_000);

function json(response, status, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}

function problem(response, status, title, detail, hint) {
  json(
    response,
    status,
    { type: 'about:blank', title, status, detail, hint },
    { 'Content-Type': 'application/problem+json' },
  );
}

function paged(items, query) {
  const [limit, start] = [Number(query.get('limit') ?? 100), Number(query.get('cursor') ?? 0)];
  const next_cursor = start + limit < items.length ? String(start + limit) : null;
  return { items: items.slice(start, start + limit), next_cursor, total: items.length };
}

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text || '{}');
}

const token = (request) => /plomb_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];

async function session(request, response, method) {
  if (method === 'POST') {
    const { name, password } = await body(request);
    const account = ACCOUNTS[name];
    if (account?.password !== password) {
      return problem(
        response,
        401,
        'The name or the password is wrong',
        null,
        'Check both, and that Caps Lock is off. An administrator can set a new password.',
      );
    }
    const id = Math.random().toString(36).slice(2);
    sessions.set(id, {
      account: { name, role: account.role },
      expires_at: new Date(Date.now() + 43_200_000).toISOString(),
    });
    return json(
      response,
      200,
      { ...sessions.get(id), token: id },
      { 'Set-Cookie': `plomb_session=${id}; HttpOnly; SameSite=Strict; Path=/` },
    );
  }
  const known = sessions.get(token(request));
  if (!known) return problem(response, 401, 'You are not logged in', null, 'Log in.');
  if (method === 'DELETE') sessions.delete(token(request));
  return json(response, method === 'DELETE' ? 204 : 200, known);
}

function stream(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const send = (id, event, data) =>
    response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  send(world.sequence, 'hello', {
    sequence: world.sequence,
    server_time: new Date().toISOString(),
    version: 'mock',
  });
  world.listeners.add(send);
  const keep = setInterval(() => response.write(': keep\n\n'), 10_000);
  request.on('close', () => {
    clearInterval(keep);
    world.listeners.delete(send);
  });
}

function devices(query) {
  const key = query.get('sort') ?? 'id';
  const sign = query.get('order') === 'desc' ? -1 : 1;
  const rank = ['normal', 'silent', 'low', 'medium', 'high', 'critical'];
  const value = (device) => (key === 'condition' ? rank.indexOf(device.condition) : device[key]);
  return [...world.devices.values()]
    .map((device) => world.device(device))
    .filter((device) => device.id.includes(query.get('search') ?? ''))
    .filter((device) => !query.get('protocol') || device.protocol === query.get('protocol'))
    .filter((device) => query.get('alarm') !== 'open' || device.open_alarms.length > 0)
    .sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : a.id.localeCompare(b.id)));
}

function alarms(query) {
  const state = query.get('state') ?? 'open';
  const want = (name, alarm) => !query.get(name) || alarm[name] === query.get(name);
  return world.alarms
    .filter(
      (alarm) => state === 'all' || (state === 'open' ? alarm.state !== 'closed' : alarm.state === state),
    )
    .filter((alarm) => want('device', alarm) && want('kind', alarm) && want('priority', alarm))
    .sort(order);
}

function history(device, query) {
  const [from, to] = [
    Date.parse(query.get('from') ?? '') || 0,
    Date.parse(query.get('to') ?? '') || Infinity,
  ];
  return device.entries.filter(({ at }) => at >= from && at <= to);
}

async function api(request, response, path, query) {
  const method = request.method;
  if (path === '/session') return session(request, response, method);
  const who = sessions.get(token(request));
  if (!who) return problem(response, 401, 'You are not logged in', null, 'Log in.');
  if (path === '/stream') return stream(request, response);
  if (path === '/fleet') {
    const rows = [...world.devices.values()].map((device) => world.row(device));
    const column = (n) => rows.map((row) => row[n]);
    return json(response, 200, {
      sequence: world.sequence,
      at: new Date().toISOString(),
      id: column(0),
      longitude_e7: column(1),
      latitude_e7: column(2),
      course_deg: column(3),
      speed_kmh: column(4),
      condition: column(5),
      last_received_at_ms: column(6),
      protocol: column(7),
    });
  }
  if (path === '/devices') return json(response, 200, paged(devices(query), query));
  if (path === '/alarms') return json(response, 200, paged(alarms(query), query));
  const [, kind, id, part] = path.split('/').map(decodeURIComponent);
  const [device, alarm, entry] = [
    world.devices.get(id),
    world.alarms[Number(id) - 1],
    world.entries[Number.parseInt(id)],
  ];
  if (kind === 'devices' && device) {
    if (part === 'track')
      return json(response, 200, {
        points: device.placed
          ? history(device, query).map((each) => [each.longitude, each.latitude, each.at, each.speed])
          : [],
        simplified: false,
      });
    if (part === 'history')
      return json(
        response,
        200,
        paged(
          history(device, query)
            .reverse()
            .map((each) => world.event(each)),
          query,
        ),
      );
    return json(response, 200, world.device(device));
  }
  if (kind === 'alarms' && alarm) {
    if (method === 'POST') {
      const { reason, note } = await body(request);
      world.acknowledge(alarm, who.account.name, reason, note ?? '');
    }
    return json(response, 200, alarm);
  }
  if (kind === 'events' && entry) {
    if (part === 'raw') return response.end(Buffer.from(world.chain(entry).raw.hex, 'hex'));
    return json(response, 200, part === 'chain' ? world.chain(entry) : world.event(entry));
  }
  return problem(
    response,
    404,
    'There is no such thing',
    `${path} is not known here`,
    'Check the address; the device or event may be of another installation.',
  );
}

async function tile(response, path) {
  const [z, x, y] = path.split('/').slice(2).map(Number);
  const found = await tiles.getZxy(z, x, y);
  if (!found) return response.writeHead(204).end();
  const data = Buffer.from(found.data);
  response.writeHead(200, { 'Content-Type': 'application/vnd.mapbox-vector-tile' });
  response.end(data[0] === 0x1f ? gunzipSync(data) : data);
}

async function page(response, path) {
  const name = extname(path) ? normalize(path) : '/index.html';
  const bytes = await readFile(join(DIST, name));
  response.writeHead(200, {
    'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
    'Content-Security-Policy': CSP,
  });
  response.end(bytes);
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  try {
    if (url.pathname === '/mock/cut') json(response, 200, world.cut(url.searchParams.get('device')));
    else if (url.pathname.startsWith('/api/v1/'))
      await api(request, response, url.pathname.slice(7), url.searchParams);
    else if (url.pathname === '/tiles.json')
      json(response, 200, {
        tilejson: '3.0.0',
        tiles: ['/tiles/{z}/{x}/{y}?v=mock'],
        minzoom: 0,
        maxzoom: 6,
      });
    else if (url.pathname.startsWith('/tiles/')) await tile(response, url.pathname);
    else if (url.pathname === '/healthz') response.end('ok');
    else await page(response, url.pathname);
  } catch (error) {
    problem(response, error.code === 'ENOENT' ? 404 : 500, 'The mock failed', String(error), null);
  }
}).listen(Number(port), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${port} name: operator, password: seal the load`),
);
