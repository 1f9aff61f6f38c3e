export {
  sendUpload,
  TestUploadError,
  type SentUpload,
  type TestUploadOptions,
} from './send-upload.js';
export { makeUploadFolder, type UploadFolder } from './upload-folder.js';
export { waitForDelivery, type WaitOptions } from './wait-for-delivery.js';
