import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const api = process.env.DIDYMIUM_URL ?? 'http://127.0.0.1:8600'

export default defineConfig({
  plugins: [svelte()],
  build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700 },
  server: { port: 5173, proxy: { '/api': api } },
  preview: { proxy: { '/api': api } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
