/** Time goes by this machine's clock for one step, and by the database's for the next. */
export function clocksApart(milliseconds: number): string {
  const seconds = (Math.abs(milliseconds) / 1000).toFixed(1);
  const way = milliseconds > 0 ? 'behind' : 'ahead of';
  return (
    `The clock of this machine is ${seconds} s ${way} that of the database: expiry and deliveries come ` +
    `early or late by as much, and differently on each machine. Have all of them keep time by NTP.`
  );
}

/** Deliveries, and the requests beside them, wait for connections. */
export function poolSmall(most: number, deliveries: number): string {
  return (
    `The pool of the upload registry has ${most} connections at most, fewer than the ${deliveries} ` +
    `deliveries that each handler may have at the same time (delivery.concurrency): these, and requests ` +
    `beside them, wait for each other. Raise "max" of postgres(), or that of the given pool, or lower ` +
    `delivery.concurrency.`
  );
}

/** What one machine has received the other would not find. */
export function folderElsewhere(host: string, pid: number): string {
  return (
    `The process ${pid} on the host "${host}" has the same registry, and a folder for uploads that is ` +
    `another one: what one of both receives the other does not find. Put tmpFileDir on a volume that all ` +
    `machines mount, such as NFS or CephFS, or keep bytes in a bucket (storage: s3() of nestjs-tus/s3).`
  );
}
