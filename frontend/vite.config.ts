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

/** Puts the font of the shift report beside the screens, for the server to set the PDF in. */
function reportFonts(): Plugin {
  const require = createRequire(import.meta.url)
  return {
    name: 'report-fonts',
    apply: 'build',
    generateBundle() {
      for (const weight of ['400Regular', '700Bold']) {
        const file = `NotoSansSC_${weight}.ttf`
        const source = readFileSync(require.resolve(`@expo-google-fonts/noto-sans-sc/${weight}/${file}`))
        this.emitFile({ type: 'asset', fileName: `report-fonts/${file}`, source })
      }
    },
  }
}

export default defineConfig({
  plugins: [svelte(), apiDocs(), reportFonts()],
  build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700 },
  server: { port: 5173, proxy: { '/api': api } },
  preview: { proxy: { '/api': api } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
