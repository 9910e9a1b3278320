// Has a rope cut, by the command of the environment, and notes when the bytes have been sent.
import { spawn } from 'node:child_process';

const SENT = /^sent\s+(\S+)/m;
const SENT_MS_MAX = 60_000;

/**
 * Runs the command of PLOMB_TRIGGER, which prints `sent <device>` when the bytes are on their way; `of` is a device
 * other than its own, for a test that needs one nothing has happened to.
 * Answers with the device and the time of that line.
 */
export function cutRope(of) {
  if (!process.env.PLOMB_TRIGGER)
    throw new Error('PLOMB_TRIGGER is not set: it is the command that has a rope cut');
  const command = of ? `${process.env.PLOMB_TRIGGER} --device ${of}` : process.env.PLOMB_TRIGGER;
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`the trigger has not sent anything in ${SENT_MS_MAX} ms; it said: ${output}`));
    }, SENT_MS_MAX);
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const match = SENT.exec(output);
      if (!match) return;
      clearTimeout(timer);
      resolve({ device: match[1], sent_at: Date.now() });
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the trigger ended with ${code} before anything was sent; it said: ${output}`));
    });
  });
}
