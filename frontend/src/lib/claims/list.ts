/** Which claims a list shows, and how many there are of each verdict. */

import { VERDICTS, type Claim, type Verdict } from './types'

export function counted(claims: readonly Claim[]): Record<Verdict, number> {
  const counts = { ok: 0, ok_if: 0, loose: 0, tension: 0, broken: 0 }
  for (const claim of claims) counts[claim.verdict] += 1
  return counts
}

/** The claims that have every word in their id, names, published texts, source, verdict or inputs, in the order of the file. */
export function found(claims: readonly Claim[], words: string, verdicts: readonly Verdict[]): Claim[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return claims.filter(
    (claim) => (!verdicts.length || verdicts.includes(claim.verdict)) && wanted.every((word) => stack(claim).includes(word)),
  )
}

function stack(claim: Claim): string {
  const inputs = claim.inputs.flatMap((input) => [input.name, input.label.en, input.label.zh])
  return [claim.id, claim.name.en, claim.name.zh, claim.published.en, claim.published.zh, claim.source, ...inputs].join(' ').toLowerCase()
}

/** `?verdict=tension,broken`: what is not known is left out. */
export function verdictsAsked(query: URLSearchParams): Verdict[] {
  const asked = (query.get('verdict') ?? '').split(',')
  return VERDICTS.filter((verdict) => asked.includes(verdict))
}

/** The verdicts with one of them put in or taken out, as the address has them. */
export function toggled(verdicts: readonly Verdict[], verdict: Verdict): string | null {
  const next = VERDICTS.filter((each) => (each === verdict ? !verdicts.includes(each) : verdicts.includes(each)))
  return next.join(',') || null
}
