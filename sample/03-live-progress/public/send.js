const { tus } = window;

const MB = 1_000_000;
const NAMES = ['concert.mp4', 'drone.mov', 'interview.wav', 'lecture.mkv', 'plan.pdf', 'scans.zip'];

/** Milliseconds from one chunk of a generated file to the next, on average. */
const STEP = 500;

/** How many of the generated files are given up half-way. */
const GIVEN_UP = 1 / 8;

const options = {
  endpoint: new URL('files', document.baseURI).href,
  retryDelays: [0, 1000, 2000, 4000, 8000, 16000],
  storeFingerprintForResuming: false,
};

let count = 0;

/** Sends files as fast as they go. */
export function sendFiles(files) {
  for (const file of files) {
    const metadata = { filename: file.name, filetype: file.type };
    new tus.Upload(file, { ...options, metadata }).start();
  }
}

/** Sends a file that is made up, at the pace of a connection that is sometimes better. */
export function sendGenerated() {
  count += 1;
  const size = Math.round(between(1, 6) * MB);
  const rate = between(0.08, 0.4) * MB;
  const phase = between(0, 2 * Math.PI);
  const givesUpAt = Math.random() < GIVEN_UP ? size * between(0.2, 0.8) : Infinity;
  const upload = new tus.Upload(new Blob([new Uint8Array(size)]), {
    ...options,
    metadata: { filename: `${count}-${NAMES[count % NAMES.length]}` },
    chunkSize: Math.round((rate * STEP) / 1000),
    onBeforeRequest: () => pause(STEP * (1 + 0.7 * Math.sin(performance.now() / 3000 + phase))),
    onChunkComplete: (_chunk, sent) => sent > givesUpAt && void upload.abort(true),
  });
  upload.start();
}

function between(least, most) {
  return least + Math.random() * (most - least);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
