// Prints a numbered line every 10 ms, and at its end how many there were.
let count = 0;

setInterval(() => console.log(`line ${++count}`), 10);
process.once('SIGTERM', () => {
  console.log(`printed ${count}`);
  process.exit();
});
