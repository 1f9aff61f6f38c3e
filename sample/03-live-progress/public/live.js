const RETRY = 2000;

/**
 * Listens to the server, and goes on doing so whatever happens.
 *
 * @param onRunning called with the uploads that run, each time a connection begins
 * @param onNews called with uploads that have changed
 * @param onLost called when the connection is lost
 */
export function listen({ onRunning, onNews, onLost }) {
  const source = new EventSource('live');
  source.addEventListener('running', ({ data }) => onRunning(JSON.parse(data)));
  source.addEventListener('message', ({ data }) => onNews(JSON.parse(data)));
  source.addEventListener('error', () => {
    onLost();
    // Browsers try again by themselves, except after an answer such as a proxy's 502.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => listen({ onRunning, onNews, onLost }), RETRY);
    }
  });
}

/** What became of an upload; one that nothing is known of any more is `gone`. */
export async function look(upload) {
  const response = await fetch(`uploads/${upload.id}`);
  if (response.status === 404) {
    return { ...upload, state: 'gone' };
  }
  return response.ok ? response.json() : upload;
}
