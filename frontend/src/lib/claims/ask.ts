/** Questions to the server about claims. */

import { ask } from '../api'
import type { Claim } from './types'

export const claimsApi = {
  all: async () => (await ask<{ claims: Claim[] }>('/api/claims')).claims,
  try: (id: string, inputs: Readonly<Record<string, number>>) => ask<Claim>('/api/claims/try', undefined, { id, inputs }),
}
