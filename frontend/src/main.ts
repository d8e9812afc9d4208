import '@fontsource-variable/ibm-plex-sans/wdth.css'
import './styles/dress.css'

import { mount } from 'svelte'
import App from './App.svelte'
import { feed } from './lib/alarms/feed.svelte'
import { voice } from './lib/alarms/voice.svelte'
import { clock } from './lib/clock.svelte'
import { link } from './lib/link.svelte'
import { prefs } from './lib/prefs.svelte'
import { router } from './lib/router.svelte'

prefs.start(new URL(location.href))
router.start()
clock.start()
link.start()
voice.start()
feed.start()

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')
mount(App, { target })
