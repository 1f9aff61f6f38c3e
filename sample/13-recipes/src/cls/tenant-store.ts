import type { ClsStore } from 'nestjs-cls';

export interface TenantStore extends ClsStore {
  tenant: string;
}
