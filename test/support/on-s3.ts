/** Whether the tests are run on S3: `npm run test:s3`. */
export function isOnS3(): boolean {
  return process.env['TEST_S3_ACCESS'] !== undefined;
}
