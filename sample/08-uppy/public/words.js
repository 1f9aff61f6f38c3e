/**
 * Why an upload failed, in the server's words where it has answered. Guards and pipes answer in
 * JSON, the tus server in plain text.
 */
export function wordsOf({ originalResponse: response }) {
  if (!response?.getStatus()) {
    return 'The server cannot be reached.';
  }
  const body = response.getBody().trim();
  const isJson = response.getHeader('Content-Type')?.startsWith('application/json');
  return isJson ? JSON.parse(body).message : body || `The server answered ${response.getStatus()}.`;
}
