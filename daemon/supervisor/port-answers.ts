import { connect } from 'node:net';
import type { System } from '../system.ts';

const lookMs = 100;
const connectTimeoutMs = 1000;

/**
 * Calls back once as soon as something accepts connections on this port of 127.0.0.1.
 * @returns ends the looking
 */
export function whenPortAnswers(system: System, port: number, onAnswer: () => void): () => void {
  let isOver = false;
  let timer = system.after(0, look);
  function look(): void {
    const socket = connect({ host: '127.0.0.1', port, timeout: connectTimeoutMs });
    socket.once('timeout', () => socket.destroy());
    // Refused: not yet. The close that follows looks again.
    socket.once('error', () => socket.destroy());
    let hasAnswered = false;
    socket.once('connect', () => {
      hasAnswered = true;
      socket.destroy();
    });
    socket.once('close', () => {
      if (isOver) return;
      if (hasAnswered) onAnswer();
      else timer = system.after(lookMs, look);
    });
  }
  return () => {
    isOver = true;
    timer.cancel();
  };
}
