/** Imported into a node before its own code: SIGUSR2 makes its event loop busy, 150 ms at a time, and the next SIGUSR2 ends that. */
let busy = false

function work(): void {
  const until = performance.now() + 150
  while (performance.now() < until);
  if (busy) setImmediate(work)
}

process.on('SIGUSR2', () => {
  busy = !busy
  if (busy) setImmediate(work)
})
