// What moves from peer to peer, and how fast: `npm run bench -- transfer [CASE…]`; settings.ts says what can be set.
import { measureLarge } from './large.js'
import { measureMemory } from './memory.js'
import { measureResume } from './resume.js'
import { PARENT } from './settings.js'
import { Site } from './site.js'
import { measureSlowSources } from './slow-sources.js'
import { measureSmall } from './small.js'
import { missingRivals } from './web.js'

const cases: Readonly<Record<string, (site: Site) => Promise<void>>> = {
  large: measureLarge,
  memory: measureMemory,
  small: measureSmall,
  sources: measureSlowSources,
  resume: measureResume,
}

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !(name in cases))
const problem =
  unknown === undefined
    ? missingRivals()
    : `There is no case "${unknown}"; there are: ${Object.keys(cases).join(', ')}.`
if (problem !== undefined) {
  console.error(problem)
  process.exit(2)
}
// So that nothing is left in memory.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

for (const [name, measure] of Object.entries(cases)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  await using site = await Site.make(PARENT)
  console.log('')
  await measure(site)
}
