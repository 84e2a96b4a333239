using Diffusion.Bench.Peers;
using Diffusion.Networks;

// The product against the same network in PyTorch, on the same libtorch, with the same weights: resident processes that take
// turns, so that whatever disturbs one of a pair disturbs the other. bench/peers.sh builds and runs it; --help lists the options.
ThreadTeam.Prepare();
if (args is ["worker", var folder, var threads])
{
    using var worker = new Worker(folder, int.Parse(threads, System.Globalization.CultureInfo.InvariantCulture));
    worker.Serve(Console.In, Console.Out);
    return 0;
}
if (args.Contains("--help"))
{
    Console.WriteLine(Settings.Usage);
    return 0;
}
new Comparison(Settings.Read(args)).Run(Console.Out);
return 0;
