/** Runs before the program that the stand-in for kubectl runs in a pod: process 1 there is the server of the test. */
const kill = process.kill.bind(process)
process.kill = (pid, signal) => kill(pid === 1 ? Number(process.env.POD_MAIN_PID) : pid, signal)
