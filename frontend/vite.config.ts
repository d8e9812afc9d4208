import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const api = process.env.DIDYMIUM_URL ?? 'http://127.0.0.1:8600'

/** Puts the API reference's viewer beside the screens, as the server's /api/docs page names it. */
function apiDocs(): Plugin {
  const require = createRequire(import.meta.url)
  return {
    name: 'api-docs',
    apply: 'build',
    generateBundle() {
      for (const file of ['swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js', 'swagger-ui.css'])
        this.emitFile({ type: 'asset', fileName: `api-docs/${file}`, source: readFileSync(require.resolve(`swagger-ui-dist/${file}`)) })
    },
  }
}

export default defineConfig({
  plugins: [svelte(), apiDocs()],
  build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700 },
  server: { port: 5173, proxy: { '/api': api } },
  preview: { proxy: { '/api': api } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
