/** What the operators' positions are called. */

import { clock } from '../clock.svelte'
import { say } from '../prefs.svelte'
import { Resource } from '../resource.svelte'
import type { Text } from '../types'
import { alarmApi } from './api'

const SPAN_US = 600e6

class Positions {
  readonly names = new Resource<Map<string, Text>>(async () => {
    const { positions } = await alarmApi.measures(clock.read() - SPAN_US, clock.read())
    return new Map(positions.map(({ position, name }) => [position, name]))
  })

  nameOf(position: string): string {
    return say(this.names.value?.get(position)) || position
  }
}

export const positions = new Positions()
