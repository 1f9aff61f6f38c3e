import { CephGateway, missingPrograms } from './ceph-gateway.js';
import { announce } from './store.js';

let gateway: CephGateway | undefined;

/**
 * Before all tests on S3: takes the store that `S3_ENDPOINT` names, with the usual variables of AWS, or
 * starts Ceph's gateway.
 */
export async function startStore(): Promise<void> {
  // It is no error of a server.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const { S3_ENDPOINT, AWS_REGION = 'us-east-1' } = process.env;
  if (S3_ENDPOINT !== undefined && S3_ENDPOINT !== '') {
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
    return announce({
      endpoint: S3_ENDPOINT,
      region: AWS_REGION,
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
    });
  }
  const missing = await missingPrograms();
  if (missing.length > 0) {
    throw new Error(
      `There is no S3 store to test on: ${missing.join(', ')} not found. ` +
        'Set S3_ENDPOINT, or install ceph-mon, ceph-osd, ceph-common and radosgw.',
    );
  }
  gateway = await CephGateway.start();
  announce(gateway.access);
}

/** Has the gateway remove now what it would remove in the background of what is measured next. */
export async function settleStore(): Promise<void> {
  await gateway?.administer('gc', 'process', '--include-all');
}

/** After all of them. */
export async function stopStore(): Promise<void> {
  await gateway?.stop();
}
