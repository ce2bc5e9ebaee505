// Preloaded into each Node program: ends it when standard input ends, which is when its owner is gone.
'use strict'
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'))
process.stdin.resume()
// Listening alone must not keep alive a program that has finished.
process.stdin.unref()
