namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>A colour and the number of pixels that have it.</summary>
internal readonly record struct WeightedColor(double R, double G, double B, double Weight)
{
    public static WeightedColor Mean(IEnumerable<WeightedColor> colours)
    {
        double r = 0, g = 0, b = 0, weight = 0;
        foreach (var colour in colours)
        {
            weight += colour.Weight;
            r += colour.Weight * colour.R;
            g += colour.Weight * colour.G;
            b += colour.Weight * colour.B;
        }
        return new WeightedColor(r / weight, g / weight, b / weight, weight);
    }

    public double this[int axis] => axis switch { 0 => R, 1 => G, _ => B };
}

/// <summary>
/// Chooses palette colours by cutting the box with the largest squared error at its mean, across its widest
/// axis, until there are enough (the greedy variance cut of Wan, Wong and Prusinkiewicz 1988).
/// </summary>
internal static class ColorBoxes
{
    /// <summary>At most <paramref name="most"/> colours as 0xRRGGBB; the colours themselves when they are not more.</summary>
    public static List<int> Choose(List<WeightedColor> colours, int most)
    {
        var boxes = new PriorityQueue<(List<WeightedColor> Colours, WeightedColor Mean, int Axis), double>();
        var done = new List<WeightedColor>();
        if (colours.Count > 0) Add(colours);
        while (boxes.Count > 0 && boxes.Count + done.Count < most)
        {
            var (box, mean, axis) = boxes.Dequeue();
            Add(box.FindAll(colour => colour[axis] <= mean[axis]));
            Add(box.FindAll(colour => colour[axis] > mean[axis]));
        }
        done.AddRange(boxes.UnorderedItems.Select(box => box.Element.Mean));
        return [.. done.Select(Round).Distinct().Order()];

        void Add(List<WeightedColor> box)
        {
            var mean = WeightedColor.Mean(box);
            Span<double> error = stackalloc double[3];
            foreach (var colour in box)
            {
                for (int axis = 0; axis < 3; axis++) error[axis] += colour.Weight * (colour[axis] - mean[axis]) * (colour[axis] - mean[axis]);
            }
            int widest = error[0] >= error[1] && error[0] >= error[2] ? 0 : error[1] >= error[2] ? 1 : 2;
            // rounding may leave a trace of error in a box that cannot be cut
            bool one = box.Count == 1 || !box.Exists(colour => colour[widest] > mean[widest]);
            if (one) done.Add(mean);
            else boxes.Enqueue((box, mean, widest), -(error[0] + error[1] + error[2]));
        }
    }

    private static int Round(WeightedColor colour)
        => ((int)Math.Round(colour.R) << 16) | ((int)Math.Round(colour.G) << 8) | (int)Math.Round(colour.B);
}
