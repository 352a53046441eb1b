// What the scripts say to people: one line a step, one sentence a failure, never a stack trace for what a person can mend.

/** A failure whose message is the whole story: what is wrong and what to do. */
export class Failure extends Error {}

export function step(text) {
  console.log(`▸ ${text}`);
}

/** Runs a command's main function: a Failure is printed as its sentence, anything else is a defect of ours and keeps its stack. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? `✖ ${error.message}` : error);
    process.exitCode = 1;
  }
}

export function seconds(ms) {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
