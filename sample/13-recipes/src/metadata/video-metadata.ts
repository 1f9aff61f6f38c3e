import { IsIn, IsNotEmpty, IsOptional, IsUUID, Matches, MaxLength } from 'class-validator';

/** What a client may say of a video: all values are text. */
export class VideoMetadata {
  @IsNotEmpty()
  @MaxLength(100)
  filename!: string;

  @IsIn(['video/mp4', 'video/webm'])
  filetype!: string;

  @IsUUID()
  project!: string;

  @IsOptional()
  @Matches(/^\d{1,6}$/, { message: 'seconds must be a whole number' })
  seconds?: string;
}
