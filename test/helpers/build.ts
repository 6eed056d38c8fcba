import { ensureBuild } from '../../scripts/ensure-build.js'

/** The end-to-end tests run what users run. */
export default function setup(): void {
  ensureBuild()
}
