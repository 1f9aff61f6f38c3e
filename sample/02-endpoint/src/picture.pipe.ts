import { FileTypeValidator, MaxFileSizeValidator, ParseFilePipe } from '@nestjs/common';

const MAX_SIZE = 5_000_000;

/** Takes a file for an avatar, or says why not: the pipe that would stand behind Multer too. */
export const picturePipe = new ParseFilePipe({
  validators: [
    new FileTypeValidator({
      fileType: /^image\/(png|apng|jpeg|gif|webp|avif)$/,
      errorMessage: ({ file }) =>
        `An avatar is a PNG, JPEG, GIF, WebP or AVIF picture; this is ${file?.mimetype}.`,
    }),
    new MaxFileSizeValidator({
      maxSize: MAX_SIZE,
      errorMessage: 'An avatar has less than 5 MB.',
    }),
  ],
});
