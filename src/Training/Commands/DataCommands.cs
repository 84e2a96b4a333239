using System.Globalization;
using Diffusion.Training.Data;
using Diffusion.Training.Sources;

namespace Diffusion.Training.Commands;

/// <summary>The commands of image sets: import one, list them, show one.</summary>
internal static class DataCommands
{
    public const string ImportUsage =
        """
        import mnist [--from data/source/mnist] [--to data/mnist-32]
        import PATH --to data/NAME --size 32 [--channels 3] [--fit cover|pad] [--test-share 0] [--duplicates drop|keep] [--source TEXT] [--terms TEXT]
        """;

    public const string SetsUsage = "datasets [NAME] [--data data]";

    public static int Import(CommandArguments arguments, TextWriter output, bool terminal, CancellationToken stop)
    {
        var what = arguments.Position(0, "The data set");
        if (what == "mnist")
        {
            var (from, to) = (arguments.Text("from", "data/source/mnist"), arguments.Text("to", "data/mnist-32"));
            arguments.Close(positions: 1);
            output.WriteLine($"Imported {MnistImporter.Import(from, to)}");
            return 0;
        }
        var target = arguments.Text("to", "");
        if (target.Length == 0) throw new CommandException("--to is missing: the folder of the new set.");
        var settings = new ImportSettings
        {
            Size = arguments.Int("size", 1, 0) is > 0 and <= 4096 and var size ? size : throw new CommandException("--size is missing or above 4096: width and height of the set's images."),
            Channels = arguments.Choice("channels", "3", "1", "3") == "1" ? 1 : 3,
            Fit = arguments.Choice("fit", "cover", "cover", "pad") == "pad" ? ImageFit.Pad : ImageFit.Cover,
            TestShare = arguments.Number("test-share", 0, 0) is <= 1 and var share ? share : throw new CommandException("--test-share is a share, from 0 to 1."),
            KeepDuplicates = arguments.Choice("duplicates", "drop", "drop", "keep") == "keep",
            Source = arguments.Text("source", Path.GetFileName(Path.TrimEndingDirectorySeparator(what))),
            Terms = arguments.Text("terms", ""),
        };
        arguments.Close(positions: 1);
        using var source = ImageSources.Open(what, settings.Limits);
        var line = new ImportLine(output, terminal, TimeProvider.System);
        var report = new ImageSetImporter(settings).Import(source, target, line.Show, stop);
        line.End();
        output.WriteLine($"Imported {report.Folder}");
        Show(report.Manifest, report.Folder, output);
        return 0;
    }

    public static int Sets(CommandArguments arguments, TextWriter output)
    {
        var root = arguments.Text("data", "data");
        var name = arguments.Count > 0 ? arguments.Position(0, "The set") : null;
        arguments.Close(positions: 1);
        if (name is not null)
        {
            var folder = Path.Combine(root, name);
            var manifest = ImageSetManifest.Read(folder);
            Show(manifest, folder, output);
            return 0;
        }
        var sets = ImageSetCatalog.FoldersIn(root).Select(n => Path.Combine(root, n)).ToArray();
        if (sets.Length == 0) output.WriteLine($"No image sets in {root}.");
        foreach (var folder in sets)
        {
            var set = ImageSetManifest.Read(folder);
            output.WriteLine($"{set.Name,-24} {set.Width}x{set.Height}x{set.Channels}  {set.Classes.Count} classes  {string.Join(", ", set.Splits.Select(s => $"{s.Key} {s.Value}"))}");
        }
        return 0;
    }

    private static void Show(ImageSetManifest set, string folder, TextWriter output)
    {
        output.WriteLine($"{set.Name}: {set.Width}x{set.Height}, {set.Channels} channel{(set.Channels == 1 ? "" : "s")}; {set.Source}");
        if (set.Terms.Length > 0) output.WriteLine($"terms: {set.Terms}");
        foreach (var (split, count) in set.Splits)
        {
            output.WriteLine($"{split}: {count} images");
            if (set.Classes.Count == 0 || set.Histogram?.GetValueOrDefault(split) is not { } histogram) continue;
            foreach (var (label, images) in set.Classes.Zip(histogram)) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {label,-32} {images,8}"));
        }
        if (set.Refused > 0) output.WriteLine($"refused: {set.Refused}, see {Path.Combine(folder, ImageSetImporter.RefusedFile)}");
        if (set.Duplicates > 0) output.WriteLine($"duplicates: {set.Duplicates}, see {Path.Combine(folder, ImageSetImporter.DuplicatesFile)}");
    }
}
