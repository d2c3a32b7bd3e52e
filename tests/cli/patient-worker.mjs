// Stands in for a worker of `islet scenario --seeds`: odd seeds take longer than even ones, and seed 13 kills it.
process.on("message", ({ name, seed }) => {
  if (seed === 13) process.exit(1);
  setTimeout(() => process.send({ name, seed, ok: seed !== 4, checks: [] }), seed % 2 === 1 ? 60 : 5);
});
process.on("disconnect", () => process.exit());
