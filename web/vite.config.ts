import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** The server that `npm run dev` talks to: the product itself, or `mock/server.mjs`. */
const server = process.env.PLOMB_URL ?? 'http://127.0.0.1:8080';
const proxied = ['/api', '/tiles', '/openapi.json', '/healthz', '/readyz'];

export default defineConfig({
  plugins: [svelte()],
  // The map's worker is a module; a strict CSP allows it because it is a file of our own.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Nothing becomes a data: address, so that `font-src 'self'` holds.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The map library alone is larger than the default limit; it is loaded only where a map is shown.
    chunkSizeWarningLimit: 1200,
  },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, server])) },
  test: { include: ['src/**/*.spec.ts', 'standards/**/*.spec.ts'] },
});
