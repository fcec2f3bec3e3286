export { BoardLease, leaseVariable, takeLease } from './lease.js';
export type { LeaseRequest } from './lease.js';
export { identityOf, stillRuns } from './process-identity.js';
export type { ProcessIdentity } from './process-identity.js';
