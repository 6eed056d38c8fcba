/** Whether we take what a source sends: not while the disk is behind, nor while the rate is used up. */
export class Intake {
  readonly #onChange: () => void
  #isHeld = false
  #throttles = 0
  #isOpen = true

  /** @param onChange - told when {@link Intake.isOpen} has changed */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Takes nothing more until {@link Intake.resume}. */
  pause(): void {
    this.#isHeld = true
    this.#look()
  }

  resume(): void {
    this.#isHeld = false
    this.#look()
  }

  /** Takes nothing more until the promise resolves. */
  throttle(until: Promise<void> | undefined): void {
    if (until === undefined) return
    this.#throttles++
    this.#look()
    void until.then(() => {
      this.#throttles--
      this.#look()
    })
  }

  #look(): void {
    const isOpen = !this.#isHeld && this.#throttles === 0
    if (isOpen === this.#isOpen) return
    this.#isOpen = isOpen
    this.#onChange()
  }
}
