import setup from './global-setup.js';

/** Has all apps of the tests keep what is known of uploads in PostgreSQL. */
export default function setupRegistry(): Promise<void> {
  process.env['TEST_ON_POSTGRES'] = 'yes';
  return setup();
}
