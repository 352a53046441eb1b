// Child processes. Each gets a process group of its own, so that ending it ends what it started too, and none outlives us.
// Below a suite of `npm test` all stay in the suite's group: then whoever runs the suite sees, and ends, what it leaves behind.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from './report.mjs';

const windows = process.platform === 'win32';
const inGroupOfSuite = process.env.KFTRAY_SUITE !== undefined;
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const groups = new Set();
let cleansUp = false;

/**
 * Starts a program.
 * `exited` resolves to its exit code (128 + number for a signal, 127 if it could not be started); it never rejects.
 */
export function start(command, args = [], { cwd, env, stdio = 'inherit', group = !inGroupOfSuite } = {}) {
  cleanUpAtExit();
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: group && !windows });
  const started = { child, pid: child.pid, hasGroup: group, exited: undefined };
  if (child.pid !== undefined && group) groups.add(child.pid);
  started.exited = new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
  return started;
}

/**
 * The command lines of what lives in a program's group after its end, when it had `graceMs` to go too: VS Code's helpers look every
 * five seconds whether their parent is still there.
 */
export async function leftBehind(started, graceMs = 8000) {
  for (const deadline = Date.now() + graceMs; signal(started, 0) && Date.now() < deadline; ) await delay(50);
  if (!signal(started, 0)) return [];
  const { output } = await capture('ps', ['-eo', 'pgid=,stat=,args=']);
  return output.split('\n').map((line) => line.trim().split(/\s+/))
    // A zombie has ended; only nobody has asked how.
    .filter(([group, state]) => group === `${started.pid}` && !state.startsWith('Z'))
    .map(([, , ...command]) => command.join(' '));
}

/** Ends a program, with its group if it has one: politely, then after `graceMs` for good. Resolves when the leader is gone. */
export async function stop(started, { with: polite = 'SIGTERM', graceMs = 5000 } = {}) {
  if (started.pid === undefined) return;
  signal(started, polite);
  const timer = setTimeout(() => signal(started, 'SIGKILL'), graceMs);
  await started.exited;
  clearTimeout(timer);
  if (started.hasGroup) signal(started, 'SIGKILL');
  groups.delete(started.pid);
}

/** Runs a program to its end and returns its exit code and everything it printed. */
export async function capture(command, args = [], { cwd, env, timeoutMs } = {}) {
  const started = start(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let timedOut = false;
  for (const stream of [started.child.stdout, started.child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => (output += text));
  }
  const timer = timeoutMs && setTimeout(() => ((timedOut = true), signal(started, 'SIGKILL')), timeoutMs);
  const code = await started.exited;
  clearTimeout(timer);
  // What it left behind (a compiler server, say) would hold the pipes open; the group is ours to end.
  await stop(started);
  return { code: timedOut ? 124 : code, output };
}

/** Runs a program quietly; a failure shows the end of what it printed. `what` completes "… failed". */
export async function run(what, command, args = [], options = {}) {
  const { code, output } = await capture(command, args, options);
  if (code === 0) return output;
  const tail = output.trimEnd().split('\n').slice(-40).join('\n');
  throw new Failure(`${what} failed (exit ${code}${code === 127 ? `: ${command} was not found` : ''}).\n${tail}`);
}

/** The path of a program, or undefined. */
export async function which(program) {
  const { code, output } = await capture(windows ? 'where' : 'which', [program]);
  return code === 0 ? output.split('\n')[0].trim() : undefined;
}

/** Sends a signal; 0 only asks. False when there is nobody to get it. */
function signal({ pid, hasGroup }, name) {
  if (pid === undefined) return false;
  try {
    process.kill(hasGroup && !windows ? -pid : pid, name);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH' || error.code === 'EPERM') return false;
    throw error;
  }
}

/** From now on the signals that end a program are the caller's business. */
export function takeSignals(handler) {
  cleanUpAtExit();
  for (const name of endingSignals) process.removeAllListeners(name).on(name, handler);
}

function cleanUpAtExit() {
  if (cleansUp) return;
  cleansUp = true;
  process.on('exit', () => {
    for (const pid of groups) signal({ pid, hasGroup: true }, 'SIGKILL');
  });
  // Node would end on these without the exit event.
  for (const name of endingSignals) process.once(name, () => process.exit(128 + constants.signals[name]));
}
