namespace Diffusion.Training.Imports;

/// <summary>Something new of an upload or its import.</summary>
/// <param name="Id">Of which.</param>
/// <param name="Import">As it is now; null if it is gone.</param>
/// <param name="IsTurn">Whether it stands elsewhere than before; false where it only came further.</param>
public sealed record ImportNews(string Id, SetImport? Import, bool IsTurn);
