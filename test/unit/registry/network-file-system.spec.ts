import { tmpdir } from 'node:os';
import {
  networkFileSystem,
  refuseNetworkFileSystem,
} from '../../../lib/registry/lmdb/network-file-system.js';

describe('network file systems', () => {
  it.each([
    [0x6969, 'NFS'],
    [0x517b, 'SMB'],
    [0xfe534d42, 'SMB'],
    [0xff534d42, 'CIFS'],
    [0x01021997, '9P'],
    [0x00c36400, 'Ceph'],
  ])('are known by their number: %p is %s', (type, name) => {
    expect(networkFileSystem(type)).toBe(name);
  });

  it('are known on 32-bit systems too, where high numbers are negative', () => {
    expect(networkFileSystem(0xff534d42 | 0)).toBe('CIFS');
  });

  it.each([
    ['ext4', 0xef53],
    ['XFS', 0x58465342],
    ['Btrfs', 0x9123683e],
    ['ZFS', 0x2fc12fc1],
    ['tmpfs', 0x01021994],
    ['overlay', 0x794c7630],
    ['FUSE', 0x65735546],
    ['a system that numbers differently', 26],
    ['a system that does not tell', 0],
  ])('do not include %s', (_, type) => {
    expect(networkFileSystem(type)).toBeUndefined();
  });

  it('are refused with a word on what to do', async () => {
    const refused = refuseNetworkFileSystem('/mnt/share/.tus', async () => ({ type: 0x6969 }));
    await expect(refused).rejects.toThrow(/\/mnt\/share\/\.tus is on NFS.*tmpFileDir.*local disk/);
  });

  it('are looked for where the folder is', async () => {
    await expect(refuseNetworkFileSystem(tmpdir())).resolves.toBeUndefined();
    await expect(refuseNetworkFileSystem('/no/such/folder')).rejects.toThrow(/ENOENT/);
  });
});
