using System.Globalization;
using System.Runtime.InteropServices;
using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Tests.Faults;

/// <summary>The process that changes a store under the preloaded library; see tests/native/fault_calls.cpp.</summary>
internal static partial class Writer
{
    private const string Library = "fault_calls";

    /// <summary><c>tell ROOT CHAPTER...</c>: tells the chapters. <c>fail WORK CHAPTER ERROR STICKY</c>: tells one again and again, and each time a later call fails.</summary>
    public static int Run(string[] args)
    {
        var path = Environment.GetEnvironmentVariable("LD_PRELOAD") ?? "";
        NativeLibrary.SetDllImportResolver(typeof(Writer).Assembly, (name, _, _) => name == Library ? NativeLibrary.Load(path) : 0);
        // what the store itself asks of libc goes past a preloaded library unless it is sent there
        NativeLibrary.SetDllImportResolver(typeof(CheckpointStore).Assembly, (name, _, _) => name == "libc" ? NativeLibrary.Load(path) : 0);
        switch (args)
        {
            case ["tell", var root, .. var chapters]:
                foreach (var chapter in chapters)
                {
                    Chapter.Tell(Chapter.Open(root), int.Parse(chapter, CultureInfo.InvariantCulture));
                    Note(chapter);
                }
                return 0;
            case ["fail", var work, var chapter, var error, var sticky]:
                return Fail(work, int.Parse(chapter, CultureInfo.InvariantCulture), int.Parse(error, CultureInfo.InvariantCulture), sticky == "sticky");
            default:
                Console.Error.WriteLine("tell ROOT CHAPTER... | fail WORK CHAPTER ERROR STICKY");
                return 2;
        }
    }

    // one folder for each call that fails; "kept" or "refused" and the folder, for whoever looks at them
    private static int Fail(string work, int chapter, int error, bool sticky)
    {
        for (var at = 1; ; at++)
        {
            var root = Path.Combine(work, $"at{at}", "models");
            Folders.Copy(Path.Combine(work, "before"), root);
            var outcome = "kept";
            Arm(root, at, error, sticky ? 1 : 0);
            try
            {
                Chapter.Tell(Chapter.Open(root), chapter);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                outcome = "refused";
            }
            var count = Count();
            Arm("", 0, 0, 0);
            Console.WriteLine($"{outcome} {root}");
            if (count < at) return 0;
        }
    }

    [LibraryImport(Library, EntryPoint = "fault_note", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void Note(string text);

    [LibraryImport(Library, EntryPoint = "fault_arm", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void Arm(string folder, nint at, int error, int fromThenOn);

    [LibraryImport(Library, EntryPoint = "fault_count")]
    private static partial nint Count();
}

/// <summary>Copies of folders.</summary>
internal static class Folders
{
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.WriteAllBytes(Path.Combine(to, Path.GetFileName(file)), File.ReadAllBytes(file));
        foreach (var inner in Directory.GetDirectories(from)) Copy(inner, Path.Combine(to, Path.GetFileName(inner)));
    }
}
